# Tend in a small image: as a user without rights, its data in /data, ended by SIGTERM.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data

WORKDIR /app
COPY .ci/run.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement run.lock \
 && useradd --system --uid 10001 --home-dir /data --create-home tend

COPY bot ./bot
COPY migrations ./migrations

USER tend
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s \
  CMD ["python", "-m", "bot", "alive"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
