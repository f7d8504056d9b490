/** Whether this run is the long one, of the project soak: properties in more runs, and rings of more bytes. */
export const soaking = process.env['KVMTOP_SOAK'] === '1';
