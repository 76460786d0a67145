// The room as a part of another page: followed while it is shown, left and forgotten afterwards.
import type { VNode } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { follow } from "./following.ts";
import { Room } from "./room.tsx";

/** One room; another one is another component (`key`). */
export function RoomInPanel({ number }: { number: number; onClose: () => void }): VNode {
  useLayoutEffect(() => follow(number), []);
  return <Room number={number} isPanel />;
}
