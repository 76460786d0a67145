// Socket.IO with its Redis adapter, near its defaults: rooms, one emit per event, the live state as a Redis hash.
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

// unix://:password@/path?db=0, which is no URL to Node.
const [, password, path] = /^unix:\/\/:(.+)@(\/.+)\?/.exec(process.env.BENCH_REDIS_URL);
const client = createClient({ socket: { path }, password });
const subscriber = client.duplicate();
// Without a listener a cut connection would end the process; the client itself connects again.
for (const one of [client, subscriber]) one.on("error", (error) => console.error(error.message));
await Promise.all([client.connect(), subscriber.connect()]);

const http = createServer();
const io = new Server(http, { adapter: createAdapter(client, subscriber), serveClient: false });

async function rows(room) {
  const held = await client.hGetAll(`room:${room}`);
  const found = new Map();
  for (const [field, value] of Object.entries(held)) {
    const [facet, id] = field.split(":");
    const row = found.get(id) ?? { id: Number(id) };
    found.set(id, { ...row, [facet]: JSON.parse(value) });
  }
  return [...found.values()];
}

io.on("connection", (socket) => {
  let room, candidate;

  socket.on("join", async (joining) => {
    ({ room, candidate } = joining);
    if (candidate !== undefined) return socket.emit("joined", { rows: [] });
    // First the room, then what it holds: nothing falls between the two.
    await socket.join(`room:${room}`);
    socket.emit("joined", { rows: await rows(room) });
  });

  async function change(type, facet, value) {
    await client.hSet(`room:${room}`, `${facet}:${candidate}`, JSON.stringify(value));
    const at = new Date().toISOString();
    io.to(`room:${room}`).emit("event", { type, at, candidate, set: { [facet]: value } });
  }

  socket.on("progress", ({ answered, total, question }) =>
    change("candidate.progressed", "progress", { answered, total, question }),
  );
  socket.on("help", ({ text }) => change("help.opened", "help", [{ text }]));
});

http.listen(Number(process.env.BENCH_PORT), "127.0.0.1");
