export async function ensureFor() {}
