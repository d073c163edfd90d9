"""Result tables to Plotly figures. Pure: no metrics, no Streamlit; colours come from a ``Palette`` of roles."""
