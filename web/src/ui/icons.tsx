// Small pictures of the buttons, drawn as paths so that they take the colour of their text.

const PATHS = {
  fit: "M3 8V3h5M16 3h5v5M21 16v5h-5M8 21H3v-5",
  ruler: "M3 21L21 3M7 17l2 2M11 13l2 2M15 9l2 2",
  layers: "M12 3l9 5-9 5-9-5zM3 13l9 5 9-5",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L21 21",
  close: "M5 5l14 14M19 5L5 19",
  back: "M14 5l-7 7 7 7",
  sound: "M4 9v6h4l5 4V5L8 9zM16.5 8.5a5 5 0 0 1 0 7M19 6a8.5 8.5 0 0 1 0 12",
  mute: "M4 9v6h4l5 4V5L8 9zM17 9l5 6M22 9l-5 6",
  target: "M12 3v4M12 17v4M3 12h4M17 12h4M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
  play: "M7 4l13 8-13 8z",
  pause: "M8 5v14M16 5v14",
  history: "M4 12a8 8 0 1 0 3-6.2M7 2v4h4M12 8v4l3 2",
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="18" height="18" aria-hidden="true">
      <path d={PATHS[name]} fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}
