// The broker's user: kept in memory only, for as long as the page is open.
import { useText } from "../text/text";
import { Button } from "../ui/parts";

export function BrokerLogin({ refused, onDone, onAnonymous }: {
	refused: boolean; onDone: (user: string, password: string) => void; onAnonymous?: () => void;
}) {
	const text = useText();
	const submit = (event: SubmitEvent) => {
		event.preventDefault();
		const fields = new FormData(event.currentTarget as HTMLFormElement);
		onDone(String(fields.get("user")), String(fields.get("password")));
	};
	return (
		<form id="login" class="broker-login" onSubmit={submit}>
			<label>{text.brokerUser}<input name="user" autocomplete="username" autocapitalize="none" required /></label>
			<label>{text.password}<input name="password" type="password" autocomplete="current-password" required /></label>
			<Button type="submit" class="primary" label={text.logIn} />
			{refused && <p class="problem" role="alert">{text.brokerRefused}</p>}
			{onAnonymous && <Button label={text.anonymous} onClick={onAnonymous} />}
		</form>
	);
}
