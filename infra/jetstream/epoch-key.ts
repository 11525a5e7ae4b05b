/** Where a stream's metadata keeps its epoch (see `Position`): it survives restarts and every update of the stream. */
export const EPOCH_KEY = 'pharos.epoch'
