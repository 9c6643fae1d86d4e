// A handler gets an event and gives an answer; nothing here listens, or can.

const notes = ["Remember the milk"];

export const list = () => ({ body: notes });

export function show({ params }) {
  const note = notes[Number(params.id) - 1];
  return note === undefined ? { status: 404, body: "no such note\n" } : { body: note };
}

export async function add({ body }) {
  if (body === "") return { status: 400, body: "an empty note\n" };
  const id = notes.push(body);
  await airlock.sse.serve.emit("/news", body, "note", String(id));
  return { status: 201, headers: { location: `/notes/${id}` } };
}

const rooms = new Map();

/** Every event of a connection comes here, in order. */
export async function chat({ kind, connId, params, payload }) {
  if (kind === "ws.open") {
    rooms.set(connId, params.room);
    return `welcome to ${params.room}`; // text is sent
  }
  const room = rooms.get(connId);
  if (kind === "ws.close") rooms.delete(connId);
  if (kind !== "ws.frame") return;
  for (const [other, its] of rooms) {
    if (its === room) await airlock.ws.serve.send(other, payload);
  }
}
