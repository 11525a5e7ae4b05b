const WIDTH = 32
const REDRAW_MS = 100

interface Screen {
  readonly isTTY?: boolean | undefined
  write(text: string): unknown
}

/** A bar that redraws itself on a terminal; elsewhere one line per tenth, so that a log stays readable. */
export class ProgressBar {
  readonly #label: string
  readonly #screen: Screen
  readonly #started = performance.now()
  #drawnAt = 0
  #tenth = -1
  #open = false

  constructor(label: string, screen: Screen) {
    this.#label = label
    this.#screen = screen
  }

  show(done: number, total: number, what = ''): void {
    const share = total === 0 ? 1 : Math.min(1, done / total)
    const now = performance.now()
    const tenth = Math.floor(share * 10)
    if (this.#screen.isTTY === true ? share < 1 && now - this.#drawnAt < REDRAW_MS : tenth === this.#tenth) return
    this.#drawnAt = now
    this.#tenth = tenth
    const filled = Math.round(share * WIDTH)
    const rate = Math.round(done / Math.max(0.001, (now - this.#started) / 1000))
    const bar = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`
    const counts = `${done.toLocaleString('en')} of ${total.toLocaleString('en')}`
    const line = `${this.#label} ${bar} ${Math.floor(share * 100)} %  ${counts}  ${rate.toLocaleString('en')}/s${what === '' ? '' : `  ${what}`}`
    this.#screen.write(this.#screen.isTTY === true ? `\r\u001b[2K${line}` : `${line}\n`)
    this.#open = this.#screen.isTTY === true
  }

  end(): void {
    if (this.#open) this.#screen.write('\n')
    this.#open = false
  }
}
