import type { Line } from '../line.ts';
import type { Rect } from '../screen/layers.ts';

/** The part of Screen that panes are painted on. */
export interface Surface {
  paint(id: string, rect: Rect, lines: readonly Line[]): void;
  unpaint(id: string): void;
  cover(id: string, rect: Rect): void;
  uncover(id: string): void;
}

export interface DirectPane {
  readonly rect: Rect;
  readonly draw: () => readonly Line[];
}

/** The panes that go straight to the screen, past Ink; the screen itself writes once a tick. */
export class Painter {
  readonly #surface: Surface;
  readonly #panes = new Map<string, DirectPane>();

  constructor(surface: Surface) {
    this.#surface = surface;
  }

  /** Adds the pane, or puts it in the place of the one with this id, and paints it. */
  set(id: string, pane: DirectPane): void {
    this.#panes.set(id, pane);
    this.#surface.paint(id, pane.rect, pane.draw());
  }

  remove(id: string): void {
    this.#panes.delete(id);
    this.#surface.unpaint(id);
  }

  /** Within `rect`, Ink's own frame is on top of the panes. */
  cover(id: string, rect: Rect): void {
    this.#surface.cover(id, rect);
  }

  uncover(id: string): void {
    this.#surface.uncover(id);
  }

  /** Draws all panes anew: after each Sample, without a render of React. */
  repaint(): void {
    for (const [id, { rect, draw }] of this.#panes) this.#surface.paint(id, rect, draw());
  }
}
