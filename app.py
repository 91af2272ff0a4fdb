"""What `streamlit run app.py` starts: the dashboard."""

import streamlit as st

app = st.App("digitrec/dashboard.py")
