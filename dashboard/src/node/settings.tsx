// A camera's switch, profile and controls, as far as it offers them.
import type { Reply } from "../carrier/carrier";
import type { Camera, Control, Node } from "../state/node";
import { useText } from "../text/text";
import { useFormat } from "../ui/hooks";
import { Button } from "../ui/parts";

interface Props {
	node: Node;
	camera: Camera;
	operator: boolean;
	send: (command: string, payload: object) => Promise<Reply>;
}

function profilesOf(node: Node, id: string): string[] {
	return node.info?.cameras.find((camera) => camera.id === id)?.profiles ?? [];
}

function ControlField({ name, control, disabled, onValue }: {
	name: string; control: Control; disabled: boolean; onValue: (value: number | boolean | string) => void;
}) {
	const format = useFormat();
	const value = control.value ?? control.default;
	const label = name.replace(/([a-z])([A-Z])/g, "$1 $2");
	if (control.type === "boolean") {
		return (
			<label class="switch">
				<input type="checkbox" checked={value === true} disabled={disabled} onChange={(event) => onValue(event.currentTarget.checked)} />
				<span>{label}</span>
			</label>
		);
	}
	if (control.type === "enum" && control.values) {
		return (
			<label><span>{label}</span>
				<select value={String(value ?? "")} disabled={disabled} onChange={(event) => onValue(event.currentTarget.value)}>
					{control.values.map((item) => <option key={item} value={item}>{item}</option>)}
				</select>
			</label>
		);
	}
	if (control.min === undefined || control.max === undefined || control.max <= control.min)
		return null;
	const whole = control.type === "integer";
	return (
		<label><span>{label}<output>{typeof value === "number" ? format.number(value, whole ? 0 : 2) : ""}</output></span>
			<input type="range" min={control.min} max={control.max} step={whole ? 1 : (control.max - control.min) / 100}
				value={typeof value === "number" ? value : control.min} disabled={disabled}
				onChange={(event) => onValue(Number(event.currentTarget.value))} />
		</label>
	);
}

export function CameraSettings({ node, camera, operator, send }: Props) {
	const text = useText();
	const profiles = profilesOf(node, camera.id);
	const adjustable = Object.entries(camera.controls ?? {});
	const reset = () => send("controls/set", Object.fromEntries(adjustable.map(([name]) => [name, null])));
	return (
		<div class="camera-settings">
			{camera.enabled !== undefined && (
				<label class="switch">
					<input type="checkbox" role="switch" checked={camera.enabled} disabled={!operator}
						onChange={(event) => void send("enabled/set", { state: event.currentTarget.checked ? "ON" : "OFF" })} />
					<span>{text.enabled}</span>
				</label>
			)}
			{profiles.length > 0 && (
				<label><span>{text.profile}</span>
					<select value={camera.stats?.pinned ? camera.profile : "auto"} disabled={!operator}
						onChange={(event) => void send("profile/set", { profile: event.currentTarget.value })}>
						{profiles.map((name) => <option key={name} value={name}>{name}</option>)}
						<option value="auto">{camera.profile && !camera.stats?.pinned ? `${text.profileAuto}: ${camera.profile}` : text.profileAuto}</option>
					</select>
				</label>
			)}
			{adjustable.map(([name, control]) => (
				<ControlField key={name} name={name} control={control} disabled={!operator}
					onValue={(value) => void send("controls/set", { [name]: value })} />
			))}
			{adjustable.length > 0
				? <Button label={text.controlsReset} disabled={!operator} onClick={() => void reset()} />
				: <p class="note">{text.noControls}</p>}
		</div>
	);
}
