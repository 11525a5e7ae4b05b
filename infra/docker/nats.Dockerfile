# nats-server with its configuration, as an ordinary user whose volume it may write.
FROM nats:2.12-alpine
RUN mkdir /data && chown 1000:1000 /data
COPY infra/docker/nats.conf infra/docker/nats-tls.conf /etc/nats/
USER 1000:1000
EXPOSE 4222 8222
ENTRYPOINT ["nats-server"]
CMD ["--config", "/etc/nats/nats.conf"]
