"""A TCP relay in front of a server: can be taken away and brought back, or play a PostgreSQL that is starting."""

import socket
import struct
import threading

STARTING = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"
SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST = 80877103, 80877104, 80877102


class Relay:
    """Listens on a free port of the loopback as soon as it is made. close() ends it and every connection through it."""

    def __init__(self, target_port: int):
        self._target_port = target_port
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self._starting = False
        self.port = 0
        self.restore()

    def restore(self):
        """Accepts (again), on the same port as before."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self):
        """New connections are refused, those that there are end."""
        # shutdown wakes the thread in accept(); close alone leaves the port open until it returns.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            victims, self._open = self._open, set()
        for victim in victims:
            _end(victim)

    close = cut

    def play_starting(self, starting: bool):
        """While true, each connection is answered as PostgreSQL does before it can serve: SQLSTATE 57P03."""
        self._starting = starting

    def _accept(self, listener: socket.socket):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket):
        try:
            if self._starting:
                return _say_starting(client)
            server = socket.create_connection(("127.0.0.1", self._target_port))
        except OSError:
            return _end(client)
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open |= {client, server}
        threading.Thread(target=self._pump, args=(server, client), daemon=True).start()
        self._pump(client, server)

    def _pump(self, source: socket.socket, sink: socket.socket):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        with self._lock:
            self._open -= {source, sink}
        _end(source)
        _end(sink)


def _end(end: socket.socket):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()


def _read(client: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += client.recv(count - len(data)) or _closed()
    return data


def _closed():
    raise OSError("closed")


def _say_starting(client: socket.socket):
    """Reads the start-up packet (refusing TLS and GSS encryption, which may be asked for first) and answers 57P03."""
    while True:
        length, code = struct.unpack("!II", _read(client, 8))
        _read(client, length - 8)
        if code not in (SSL_REQUEST, GSS_REQUEST):
            break
        client.sendall(b"N")
    if code != CANCEL_REQUEST:
        client.sendall(b"E" + struct.pack("!I", len(STARTING) + 4) + STARTING)
    _end(client)
