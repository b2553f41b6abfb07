import { useState } from "preact/hooks";
import { useText } from "../text/text";
import { Button, Logo, Preferences } from "../ui/parts";
import { logIn, type LoginResult } from "./session";

export function Login({ onDone }: { onDone: () => void }) {
	const text = useText();
	const [busy, setBusy] = useState(false);
	const [problem, setProblem] = useState("");

	const explain = (result: LoginResult & { ok: false }) =>
		result.waitS ? text.loginWait(result.waitS) : result.wrong ? text.loginWrong : text.loginFailed;

	const submit = async (event: SubmitEvent) => {
		event.preventDefault();
		const form = event.currentTarget as HTMLFormElement;
		const fields = new FormData(form);
		setBusy(true);
		try {
			const result = await logIn(String(fields.get("user")), String(fields.get("password")));
			if (result.ok) {
				form.reset();
				onDone();
			} else {
				setProblem(explain(result));
			}
		} catch {
			setProblem(text.neverConnected(text.theNode));
		}
		setBusy(false);
	};

	return (
		<main class="login-page">
			<form id="login" onSubmit={submit}>
				<h1><Logo /> {text.appName}</h1>
				<label>{text.user}<input name="user" autocomplete="username" autocapitalize="none" required autofocus /></label>
				<label>{text.password}<input name="password" type="password" autocomplete="current-password" required /></label>
				<Button type="submit" class="primary" label={text.logIn} disabled={busy} />
				<p class="problem" role="alert">{problem}</p>
			</form>
			<Preferences />
		</main>
	);
}
