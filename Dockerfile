# Two images without TensorFlow: the API alone, and the dashboard, which has the API in its own process.
# The worker's image, with TensorFlow: `--target dashboard --build-arg EXTRAS=serve,train`.
#
#   docker build -t digitrec-api .
#   docker build -t digitrec --target dashboard .
#   docker run --rm --read-only --tmpfs /tmp -p 8000:8000 digitrec-api
FROM python:3.11-slim-bookworm AS source
WORKDIR /src
# For `strip`; nothing of this stage but the environment gets into the images.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends binutils && rm -rf /var/lib/apt/lists/* \
    && python -m venv /opt/digitrec
ENV PATH=/opt/digitrec/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt pyproject.toml README.md LICENSE app.py ./
COPY digitrec digitrec
COPY pages pages
COPY .streamlit .streamlit
COPY models models
COPY deploy/api-packages.txt deploy/api-packages.txt
COPY scripts/trim_packages scripts/trim_packages
# The lock as a constraint: the same versions as in the tests, and only what is needed.
RUN sed -E 's/\[[a-z,]+\]==/==/' requirements.txt > constraints.txt

FROM source AS build-api
RUN pip install --no-compile --constraint constraints.txt --requirement deploy/api-packages.txt \
    && pip install --no-compile --no-deps . \
    && pip uninstall --yes pip setuptools \
    && scripts/trim_packages /opt/digitrec

FROM source AS build-dashboard
ARG EXTRAS=serve
RUN pip install --no-compile --constraint constraints.txt ".[${EXTRAS}]" \
    && pip uninstall --yes pip setuptools \
    && scripts/trim_packages /opt/digitrec

FROM python:3.11-slim-bookworm AS base
RUN useradd --system --uid 10001 --create-home --home-dir /home/digitrec digitrec \
    && install -d -o digitrec /data /data/models /data/cache
# Bytecode is written nowhere: the root of the file system is read-only.
ENV PATH=/opt/digitrec/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DIGITREC_MODELS=/data/models \
    DIGITREC_CACHE=/data/cache \
    DIGITREC_DATA=/data/sets
WORKDIR /home/digitrec
VOLUME /data

FROM base AS dashboard
COPY --from=build-dashboard /opt/digitrec /opt/digitrec
USER 10001
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["digitrec", "dashboard", "--host", "0.0.0.0", "--port", "8501", "--no-browser"]

FROM base AS api
COPY --from=build-api /opt/digitrec /opt/digitrec
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/api/v1/health', timeout=4)"]
CMD ["digitrec", "serve", "--host", "0.0.0.0", "--port", "8000"]
