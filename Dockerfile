# docker build -t winery . && docker run --rm -v "$PWD/data:/app/data" winery
FROM python:3.11-slim AS build
RUN apt-get update && apt-get install --yes --no-install-recommends git make
WORKDIR /app
COPY . .
# The stamp says in the image, which has no .git, of which commit it is.
RUN make install && .venv/bin/kedro stamp && rm -rf .git

FROM python:3.11-slim
COPY --from=build --chown=nobody:nogroup /app /app
WORKDIR /app
USER nobody
ENV LAKEPROOF_SCRATCH=/tmp/lakeproof HOME=/tmp
ENTRYPOINT [".venv/bin/kedro"]
CMD ["run"]
