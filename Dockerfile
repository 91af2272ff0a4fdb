# The API and the dashboard, reading only. Without TensorFlow: `--build-arg EXTRAS=serve,train` builds the worker's image.
#
#   docker build -t digitrec .
#   docker run --rm --read-only --tmpfs /tmp -p 8000:8000 digitrec
FROM python:3.11-slim-bookworm AS build
ARG EXTRAS=serve
WORKDIR /src
RUN python -m venv /opt/digitrec
ENV PATH=/opt/digitrec/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt pyproject.toml README.md LICENSE app.py ./
COPY digitrec digitrec
COPY pages pages
COPY .streamlit .streamlit
COPY models models
COPY scripts/trim_packages scripts/trim_packages
# The lock as a constraint: the same versions as in the tests, and only what the extras need.
RUN sed -E 's/\[[a-z,]+\]==/==/' requirements.txt > constraints.txt \
    && pip install --no-compile --constraint constraints.txt ".[${EXTRAS}]" \
    && pip uninstall --yes pip setuptools \
    && scripts/trim_packages /opt/digitrec

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /home/digitrec digitrec \
    && install -d -o digitrec /data /data/models /data/cache
COPY --from=build /opt/digitrec /opt/digitrec
# Bytecode is written nowhere: the root of the file system is read-only.
ENV PATH=/opt/digitrec/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DIGITREC_MODELS=/data/models \
    DIGITREC_CACHE=/data/cache \
    DIGITREC_DATA=/data/sets
USER 10001
WORKDIR /home/digitrec
VOLUME /data
EXPOSE 8000 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/api/v1/health', timeout=4)"]
CMD ["digitrec", "serve", "--host", "0.0.0.0", "--port", "8000"]
