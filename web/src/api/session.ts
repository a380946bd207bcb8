// Who sits here. A server that asks for it is shown a token, which its administrator issued; a server for the local user asks
// for nothing. The token stays in this tab and is gone when the tab is closed: watch stations are shared. What its bearer may
// do, the server says.

import { computed, effect, signal } from "@preact/signals";

const PLACE = "shorewatch.token";

const remembered = () => {
  try {
    return sessionStorage.getItem(PLACE) ?? "";
  } catch {
    return "";
  }
};

export const token = signal(remembered());
/** Whether the server has asked who this is, and has had no good answer yet. */
export const asked = signal(false);
/** Counts the tokens that were shown, the same one twice as two. */
const shown = signal(0);

effect(() => {
  try {
    if (token.value) sessionStorage.setItem(PLACE, token.value);
    else sessionStorage.removeItem(PLACE);
  } catch {
    // Then it is asked for again after a reload.
  }
});

/** What `/session` answers. */
export interface Session {
  id: string;
  name: string;
  unit: string | null;
  roles: string[];
  may: string[];
  /** Whether what is done here outlives the server. */
  records: "disk" | "memory";
  units: { id: string; name: string; name_zh: string }[];
}

/** The caller as the server knows him; nothing before it has answered. */
export const session = signal<Session | undefined>(undefined);

const may = (permission: string) => session.value?.may.includes(permission) ?? false;

export const mayLook = computed(() => may("look"));
/** Whether the role takes alerts through their life; what a role may not do is not shown. */
export const mayAct = computed(() => may("act"));
/** Whether the role draws and edits zones. */
export const mayEditChart = computed(() => may("edit_chart"));
/** Whether everything that is done here is gone when the server ends. */
export const inMemoryOnly = computed(() => session.value?.records === "memory");

/** The header that says who asks. */
export const authorization = (): Record<string, string> => (token.peek() ? { Authorization: `Bearer ${token.peek()}` } : {});

/** Asks the server by plain HTTP. */
export const get = (path: string): Promise<Response> => fetch(path, { headers: authorization() });

/** The server did not believe it: asks the officer. */
export function refuse() {
  asked.value = true;
}

/** Asks the server who this is. Whether it has answered. */
async function ask(): Promise<boolean> {
  const answer = await get("/session");
  if (answer.status === 401) refuse();
  if (!answer.ok) return false;
  const found = (await answer.json()) as Session;
  // What was seen in one role must not stay on the screen for another.
  if (session.peek() && session.peek()!.id !== found.id) location.reload();
  session.value = found;
  asked.value = false;
  return true;
}

const PAUSE_MS = 2_000;

/** Comes when the server knows who sits here. */
export async function openSession(): Promise<void> {
  while (!(await ask().catch(() => false))) {
    if (asked.peek()) await anotherToken();
    else await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** Asks again: the server may have been started anew, in another way. */
export function renewSession() {
  ask().catch(() => {
    // The streams tell the officer that the server does not answer.
  });
}

export function signIn(text: string) {
  token.value = text.trim();
  shown.value++;
  if (session.peek()) renewSession();
}

export function signOut() {
  token.value = "";
  // What was seen in that role must not stay on the screen.
  location.reload();
}

/** Waits until a token is shown. */
export const anotherToken = (): Promise<void> =>
  new Promise((resolve) => {
    const before = shown.peek();
    const stop = effect(() => {
      if (shown.value === before) return;
      queueMicrotask(() => stop());
      resolve();
    });
  });
