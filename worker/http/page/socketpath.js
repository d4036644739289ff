// socketpath.js -- where Socket.IO is on this server: the server writes its SOCKET_IO_PATH in the place of the default.
export const socketPath = '/socket.io/';
