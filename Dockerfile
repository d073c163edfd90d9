# The dashboard and its command line, for one host: docs/operations.md says how to run it and what has been checked.
# Raise the tag with each upgrade: a rebuilt image is how Debian's and Python's corrections arrive.
ARG PYTHON=3.13.7-slim-trixie

FROM python:${PYTHON} AS install
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements.txt ./
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --requirement requirements.txt

FROM python:${PYTHON}
# The account owns the store and nothing else; its number is the one that a mounted folder must belong to.
RUN groupadd --gid 10001 ecosystem \
    && useradd --uid 10001 --gid ecosystem --no-create-home --shell /usr/sbin/nologin ecosystem \
    && install --directory --owner ecosystem --group ecosystem --mode 0700 /var/lib/ecosystem
COPY --from=install /opt/venv /opt/venv
WORKDIR /srv/ecosystem
COPY dashboard.py requirements.txt ./
COPY .streamlit/config.toml .streamlit/
COPY analytics/ analytics/
COPY pages/ pages/
COPY data/region.toml data/
COPY data/reference/ data/reference/
COPY data/demo/ data/demo/
# HOME and caches lie where a read-only root file system still lets one write.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib \
    ECOSYSTEM_STORE=/var/lib/ecosystem \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0
USER 10001:10001
VOLUME ["/var/lib/ecosystem"]
EXPOSE 8501
# The server answers. A damaged data set is no reason to start it anew: /health/snapshot tells of that.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["streamlit", "run", "dashboard.py"]
