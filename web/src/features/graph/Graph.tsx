import { quadtree } from "d3-quadtree";
import { select } from "d3-selection";
import { zoom, zoomIdentity, type ZoomBehavior, type ZoomTransform } from "d3-zoom";
import { useCallback, useEffect, useMemo, useRef, useState, type PointerEvent, type RefObject } from "react";
import type { Answer, Recommendation } from "../../lib/api";
import { Icon } from "../../lib/Icon";
import { useStore } from "../../lib/store";
import { plural, quoted } from "../../lib/words";
import { coloursOf, draw } from "./draw";
import { fit, settle, toGraph, type GraphData, type GraphNode } from "./layout";
import styles from "./Graph.module.css";

interface Props {
  readonly answer: Answer | undefined;
  readonly songs: readonly Recommendation[];
  readonly focused: string | null;
  readonly onFocus: (id: string | null) => void;
  readonly onListen: (id: string) => void;
}

const REACH = 14;
const PAUSE = 150;

/** The list as a picture: how each suggestion is connected with the songs that it came from. */
export default function Graph({ answer, songs, focused, onFocus, onListen }: Props) {
  const { dispatch } = useStore();
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const places = useRef(new Map<string, { x: number; y: number }>());
  const [graph, setGraph] = useState<GraphData | null>(null);
  const [transform, setTransform] = useState<ZoomTransform>(zoomIdentity);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [selected, setSelected] = useState<string | null>(null);
  const [moved, setMoved] = useState(0);
  const behaviour = useRef<ZoomBehavior<HTMLCanvasElement, unknown> | null>(null);
  const dragged = useRef<GraphNode | null>(null);
  const colours = useColours(box);

  // A new answer is laid out in the background, and replaces the old picture when the layout has come to rest.
  useEffect(() => {
    if (!answer) return;
    const controller = new AbortController();
    const timer = setTimeout(
      async () => {
        const next = toGraph(answer, songs, places.current);
        const { clientWidth = 1, clientHeight = 1 } = box.current ?? {};
        await settle(next, clientWidth / (clientHeight || 1), controller.signal);
        if (controller.signal.aborted) return;
        places.current = new Map(next.nodes.map((node) => [node.id, { x: node.x, y: node.y }]));
        setGraph(next);
      },
      // A song that leaves the list is followed by a new answer; one layout is enough for both.
      places.current.size === 0 ? 0 : PAUSE,
    );
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [answer, songs]);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() =>
      setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const tree = useMemo(
    () =>
      quadtree<GraphNode>(
        graph?.nodes ?? [],
        (node) => node.x,
        (node) => node.y,
      ),
    // `moved` counts the drags, which change the nodes in place.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [graph, moved],
  );
  const nodeAt = useCallback(
    (clientX: number, clientY: number) => {
      const rect = canvas.current?.getBoundingClientRect();
      if (!rect) return undefined;
      const [x, y] = transform.invert([clientX - rect.left, clientY - rect.top]);
      return tree.find(x, y, REACH / transform.k + 4);
    },
    [transform, tree],
  );
  const nodeAtRef = useRef(nodeAt);
  useEffect(() => {
    nodeAtRef.current = nodeAt;
  }, [nodeAt]);

  useEffect(() => {
    if (!canvas.current) return;
    behaviour.current = zoom<HTMLCanvasElement, unknown>()
      .scaleExtent([0.1, 6])
      // On a song a drag moves the song, elsewhere the picture. The wheel scrolls the page unless Ctrl is held.
      .filter((event: MouseEvent & TouchEvent) => {
        if (event.type === "wheel") return event.ctrlKey || event.metaKey;
        const point = event.touches?.[0] ?? event;
        return (
          !event.button && (event.touches?.length === 2 || !nodeAtRef.current(point.clientX, point.clientY))
        );
      })
      .on("zoom", (event: { transform: ZoomTransform }) => setTransform(event.transform));
    select(canvas.current).call(behaviour.current).on("dblclick.zoom", null);
  }, []);

  const toFit = useCallback(() => {
    if (!canvas.current || !behaviour.current || !graph || size.width === 0) return;
    const { x, y, k } = fit(graph.nodes, size.width, size.height);
    select(canvas.current).call(behaviour.current.transform, zoomIdentity.translate(x, y).scale(k));
  }, [graph, size]);
  useEffect(toFit, [toFit]);

  const by = (factor: number) => {
    if (canvas.current && behaviour.current) select(canvas.current).call(behaviour.current.scaleBy, factor);
  };

  const lit = useMemo(() => {
    const ids = new Set<string>();
    if (!graph?.nodes.some((node) => node.id === focused)) return ids;
    if (focused !== null) ids.add(focused);
    for (const { source, target } of graph.links) {
      if (source.id === focused) ids.add(target.id);
      if (target.id === focused) ids.add(source.id);
    }
    return ids;
  }, [graph, focused]);

  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!canvas.current || !context || !graph || !colours) return;
    const ratio = devicePixelRatio;
    if (canvas.current.width !== size.width * ratio || canvas.current.height !== size.height * ratio) {
      canvas.current.width = size.width * ratio;
      canvas.current.height = size.height * ratio;
    }
    draw(context, { graph, colours, transform, ...size, ratio, lit, focused });
  }, [graph, colours, transform, size, lit, focused, moved]);

  const pointer = {
    onPointerMove: (event: PointerEvent) => {
      if (dragged.current) {
        const rect = event.currentTarget.getBoundingClientRect();
        const [x, y] = transform.invert([event.clientX - rect.left, event.clientY - rect.top]);
        Object.assign(dragged.current, { x, y });
        places.current.set(dragged.current.id, { x, y });
        setMoved((count) => count + 1);
      } else if (event.pointerType === "mouse" && event.buttons === 0)
        onFocus(nodeAt(event.clientX, event.clientY)?.id ?? selected);
    },
    onPointerDown: (event: PointerEvent) => {
      const node = nodeAt(event.clientX, event.clientY);
      setSelected(node?.id ?? null);
      onFocus(node?.id ?? null);
      if (!node) return;
      dragged.current = node;
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerUp: () => {
      dragged.current = null;
    },
    onPointerCancel: () => {
      dragged.current = null;
    },
    onPointerLeave: () => onFocus(selected),
  };

  const card = graph?.nodes.find((node) => node.id === selected);
  const seeds = graph?.nodes.filter((node) => node.seed).length ?? 0;
  return (
    <section className={styles.graph} aria-label="Graph">
      <div className={styles.box} ref={box}>
        <div
          role="img"
          aria-label={
            graph
              ? `${plural(seeds, "song")} of yours and ${plural(graph.nodes.length - seeds, "suggestion")}, tied by what the suggestions owe to your songs. The list says the same in words.`
              : "The graph is being drawn."
          }
        >
          <canvas ref={canvas} style={{ width: size.width, height: size.height }} {...pointer} />
        </div>
        {!graph && <p className={styles.wait}>Drawing…</p>}
        <div className={styles.tools} role="group" aria-label="Zoom">
          <button className="icon-button" onClick={() => by(1.4)} aria-label="Zoom in">
            <Icon name="more" />
          </button>
          <button className="icon-button" onClick={() => by(1 / 1.4)} aria-label="Zoom out">
            <Icon name="less" />
          </button>
          <button className="icon-button" onClick={toFit} aria-label="Show all">
            <Icon name="fit" />
          </button>
        </div>
        {card && (
          <div className={styles.card}>
            <p>
              <strong dir="auto">{card.title}</strong>
              <span dir="auto">{card.artist}</span>
            </p>
            <button
              className="icon-button"
              onClick={() => onListen(card.id)}
              aria-label={`Listen to ${quoted(card.title)}`}
            >
              <Icon name="play" />
            </button>
            {!card.seed && (
              <>
                <button
                  className="icon-button"
                  onClick={() => dispatch({ type: "add", to: "kept", keys: [card.id] })}
                  aria-label={`Keep ${quoted(card.title)}`}
                >
                  <Icon name="keep" />
                </button>
                <button
                  className="icon-button"
                  onClick={() => dispatch({ type: "add", to: "seeds", keys: [card.id] })}
                  aria-label={`More like ${quoted(card.title)}`}
                >
                  <Icon name="up" />
                </button>
                <button
                  className="icon-button"
                  onClick={() => dispatch({ type: "add", to: "banned", keys: [card.id] })}
                  aria-label={`Ban ${quoted(card.title)}`}
                >
                  <Icon name="ban" />
                </button>
              </>
            )}
          </div>
        )}
      </div>
    </section>
  );
}

/** The colours of the style sheet, read again when the theme changes. */
function useColours(box: RefObject<HTMLElement | null>) {
  const [colours, setColours] = useState<ReturnType<typeof coloursOf> | null>(null);
  useEffect(() => {
    const read = () => {
      if (box.current) setColours(coloursOf(box.current));
    };
    read();
    const media = matchMedia("(prefers-color-scheme: dark)");
    media.addEventListener("change", read);
    const observer = new MutationObserver(read);
    observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      media.removeEventListener("change", read);
      observer.disconnect();
    };
  }, [box]);
  return colours;
}
