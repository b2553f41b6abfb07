// A camera's switch, profile and controls, as far as it offers them.
import { useState } from "preact/hooks";
import type { Reply } from "../carrier/carrier";
import type { Camera, Control, Node } from "../state/node";
import { useText, wordFor } from "../text/text";
import { useFormat } from "../ui/hooks";
import { Button } from "../ui/parts";

interface Props {
	node: Node;
	camera: Camera;
	operator: boolean;
	send: (command: string, payload: object) => Promise<Reply>;
}

/** "ExposureTime" as words, for what has no name in the page's languages. */
function apart(name: string): string {
	return name.replace(/([a-z])([A-Z])/g, "$1 $2");
}

const UNITS: { [name: string]: string } = {
	AeFlickerPeriod: "µs", AnalogueGain: "×", ColourTemperature: "K", DigitalGain: "×", ExposureTime: "µs", ExposureValue: "EV", LensPosition: "dpt",
};

function profilesOf(node: Node, id: string): string[] {
	return node.info?.cameras.find((camera) => camera.id === id)?.profiles ?? [];
}

/** While it is moved it shows where it is, whatever the camera says meanwhile; then what the camera has. */
function Slider({ label, unit, whole, min, max, value, disabled, onValue }: {
	label: string; unit: string; whole: boolean; min: number; max: number; value: number | undefined; disabled: boolean;
	onValue: (value: number) => Promise<Reply>;
}) {
	const format = useFormat();
	const [moved, move] = useState<number | null>(null);
	const shown = moved ?? value;
	const words = shown === undefined ? "" : [format.number(shown, whole ? 0 : 2), unit].filter(Boolean).join("\u202f");
	return (
		<label><span>{label}<output>{words}</output></span>
			<input type="range" min={min} max={max} step={whole ? 1 : (max - min) / 100} value={shown ?? min} disabled={disabled}
				aria-valuetext={words} onInput={(event) => move(Number(event.currentTarget.value))}
				onChange={(event) => void onValue(Number(event.currentTarget.value)).then(() => move(null))} />
		</label>
	);
}

type Wanted = number | boolean | string;

function ControlField({ name, control, disabled, onValue }: {
	name: string; control: Control; disabled: boolean; onValue: (value: Wanted) => Promise<Reply>;
}) {
	const text = useText();
	const [, redraw] = useState(0);
	const value = control.value ?? control.default;
	const label = wordFor(text.controlNames, name) ?? apart(name);
	// What was refused goes back to what it is.
	const set = (wanted: Wanted) => onValue(wanted).then((reply) => { redraw((count) => count + 1); return reply; });
	if (control.type === "boolean") {
		return (
			<label class="switch">
				<input type="checkbox" checked={value === true} disabled={disabled} onChange={(event) => void set(event.currentTarget.checked)} />
				<span>{label}</span>
			</label>
		);
	}
	if (control.type === "enum" && control.values) {
		return (
			<label><span>{label}</span>
				<select value={String(value ?? "")} disabled={disabled} onChange={(event) => void set(event.currentTarget.value)}>
					{control.values.map((item) => <option key={item} value={item}>{wordFor(text.controlValues, item) ?? apart(item)}</option>)}
				</select>
			</label>
		);
	}
	const { min, max } = control;
	if (min === undefined || max === undefined || max <= min)
		return null;
	return <Slider label={label} unit={wordFor(UNITS, name) ?? ""} whole={control.type === "integer"} min={min} max={max}
		value={typeof value === "number" ? value : undefined} disabled={disabled} onValue={onValue} />;
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
					onValue={(value) => send("controls/set", { [name]: value })} />
			))}
			{adjustable.length > 0
				? <Button label={text.controlsReset} disabled={!operator} onClick={() => void reset()} />
				: <p class="note">{text.noControls}</p>}
		</div>
	);
}
