// Names the pages give to combinations of the generated wire types.
import type { Finish, Enter, Help, PresenceConfirm, StaffCommand } from "./wire.ts";

/** A frame before the line gives it its number and its key. */
export type Unsent<Frame> = Frame extends unknown ? Omit<Frame, "ref" | "key"> : never;

export type Command = Unsent<StaffCommand>;
export type CandidateRequest = Unsent<Enter | Finish | Help>;
export type Targets = PresenceConfirm["candidates"];
