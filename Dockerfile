# Descent in a container, with the commands of `make run`:
#   docker build -t descent .
#   docker run --rm -p 127.0.0.1:8080:8080 -v descent:/data descent

FROM debian:12-slim AS build
WORKDIR /src
# Packages first: they change less often than the sources.
COPY .ci/install .ci/install
COPY static/package.json static/package-lock.json static/
RUN .ci/install run
COPY . .
RUN make -j"$(nproc)"

# The image that runs has no compiler, no node and no shell tools added.
FROM debian:12-slim
COPY .ci/install /opt/descent/.ci/install
RUN /opt/descent/.ci/install serve && rm -rf /var/lib/apt/lists/*
RUN useradd --system --user-group --uid 10001 --home-dir /data descent \
    && install -d -o descent -g descent -m 0750 /data
COPY --from=build /src/build/descent /usr/local/bin/descent
USER descent
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz HTTP/1.1\\r\\nHost: 127.0.0.1:8080\\r\\nConnection: close\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["descent", "--data", "/data"]
# Its own loopback would be out of reach, so it needs a token: `docker logs` shows the link.
CMD ["--listen", "0.0.0.0:8080", "--token"]
