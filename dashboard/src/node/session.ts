// Who is logged in at the node.
import { ask } from "../carrier/http";

export type Role = "operator" | "viewer";

export interface Session {
	role: Role | null; // null: the form has to be filled in
	login: boolean; // there is somebody to log out
}

export async function readSession(): Promise<Session> {
	const { role, login } = await (await ask("/api/v1/session")).json();
	return { role: role === "operator" || role === "viewer" ? role : null, login: login === true };
}

export type LoginResult = { ok: true } | { ok: false; waitS?: string; wrong?: boolean };

export async function logIn(user: string, password: string): Promise<LoginResult> {
	const response = await ask("/login", { method: "POST", body: JSON.stringify({ user, password }) });
	if (response.ok)
		return { ok: true };
	return { ok: false, wrong: response.status === 401, waitS: response.headers.get("Retry-After") ?? undefined };
}

export async function logOut(): Promise<void> {
	await ask("/logout", { method: "POST" });
}
