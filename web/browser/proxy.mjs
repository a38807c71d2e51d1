import { createServer, request } from "node:http";
import { ADDRESS } from "./open.mjs";

/** A server in front of PAGE that can be killed and started again, as the endpoint itself may be. */
export async function proxy() {
  const sockets = new Set();
  const server = createServer((asked, answer) => {
    const { hostname, port } = new URL(ADDRESS);
    const { method, headers, url: path } = asked;
    const onward = request({ hostname, port, path, method, headers }, (response) => {
      answer.writeHead(response.statusCode, response.headers);
      response.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    asked.pipe(onward);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  let port = 0;
  const start = async () => {
    await new Promise((resume) => server.listen(port, "127.0.0.1", resume));
    ({ port } = server.address());
  };
  /** Answers on their way are cut off. */
  const kill = () =>
    new Promise((resume) => {
      server.close(resume);
      for (const socket of sockets) socket.destroy();
    });
  await start();
  return { address: `http://127.0.0.1:${port}`, start, kill };
}
