import { Icon } from "../lib/Icon";

export function ImportButton({ onOpen }: { onOpen: () => void }) {
  return (
    <button className="button" onClick={onOpen}>
      <Icon name="paste" /> Paste a list or open a file
    </button>
  );
}
