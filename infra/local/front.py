"""The local front door: http://127.0.0.1:PORT/api/v1/… to the API's address inside the local AWS, nothing else.

It passes bytes both ways as they come, and does for the local AWS what API Gateway does for functions: it adds the
X-Forwarded headers. It knows nothing of the application.

    front.py PORT UPSTREAM_PORT API_ID
"""

import asyncio
import sys

HEAD_LIMIT = 64 * 1024
BODY_CHUNK = 64 * 1024


class Broken(Exception):
    """The other side closed, or spoke something that is not HTTP/1.1."""


async def read_head(reader: asyncio.StreamReader) -> "tuple[bytes, list[tuple[bytes, bytes]]]":
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError) as error:
        raise Broken from error
    first, *lines = raw[:-4].split(b"\r\n")
    fields = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon:
            raise Broken
        fields.append((name.lower(), value.strip()))
    return first, fields


def value_of(fields: list, name: bytes) -> bytes:
    return next((value for key, value in fields if key == name), b"")


async def pass_body(reader, writer, fields: list) -> None:
    """Passes a body on unchanged, whether its length is known or it comes in chunks."""
    if value_of(fields, b"transfer-encoding").lower() == b"chunked":
        while True:
            size = await reader.readline()
            writer.write(size)
            length = int(size.split(b";")[0], 16)
            await pass_bytes(reader, writer, length + 2)
            if length == 0:
                return
    else:
        await pass_bytes(reader, writer, int(value_of(fields, b"content-length") or 0))


async def pass_bytes(reader, writer, left: int) -> None:
    while left > 0:
        some = await reader.read(min(left, BODY_CHUNK))
        if not some:
            raise Broken
        left -= len(some)
        writer.write(some)
        await writer.drain()


async def serve(client_reader, client_writer, port: int, upstream_port: int, api: str) -> None:
    """One connection of a client, with one connection behind it."""
    upstream_writer = None
    try:
        while True:
            request, fields = await read_head(client_reader)
            method, target, _ = request.split(b" ", 2)
            # It closes what nobody has used for a while, also where the client goes on.
            if upstream_writer is None or upstream_reader.at_eof():
                if upstream_writer is not None:
                    upstream_writer.close()
                upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", upstream_port, limit=HEAD_LIMIT)
            kept = [(name, value) for name, value in fields if not name.startswith(b"x-forwarded-")]
            kept += [
                (b"x-forwarded-for", client_writer.get_extra_info("peername")[0].encode()),
                (b"x-forwarded-port", str(port).encode()), (b"x-forwarded-proto", b"http"),
            ]
            head = method + f" /_aws/execute-api/{api}/$default".encode() + target + b" HTTP/1.1\r\n"
            upstream_writer.write(head + b"".join(name + b": " + value + b"\r\n" for name, value in kept) + b"\r\n")
            if value_of(fields, b"expect").lower() == b"100-continue":
                client_writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await pass_body(client_reader, upstream_writer, fields)
            await upstream_writer.drain()

            status = b"1"
            while status.startswith(b"1"):
                answer, answer_fields = await read_head(upstream_reader)
                status = answer.split(b" ")[1]
            lines = b"".join(name + b": " + value + b"\r\n" for name, value in answer_fields)
            client_writer.write(answer + b"\r\n" + lines + b"\r\n")
            if method != b"HEAD" and status not in (b"204", b"304"):
                await pass_body(upstream_reader, client_writer, answer_fields)
            await client_writer.drain()
            if b"close" in (value_of(fields, b"connection").lower(), value_of(answer_fields, b"connection").lower()):
                return
    except (Broken, ConnectionError, ValueError, asyncio.IncompleteReadError):
        pass
    finally:
        for writer in (upstream_writer, client_writer):
            if writer is not None:
                writer.close()


async def main(port: int, upstream_port: int, api: str) -> None:
    server = await asyncio.start_server(
        lambda reader, writer: serve(reader, writer, port, upstream_port, api), "127.0.0.1", port, limit=HEAD_LIMIT, backlog=512)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
