"""Contract tables to result tables. Pure: no input or output, no Streamlit, no Plotly."""
