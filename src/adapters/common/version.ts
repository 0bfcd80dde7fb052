/** Whether a server's version is that one or a later one; an unreadable one is not. */
export function atLeast(version: string, major: number, minor: number): boolean {
  const [ownMajor = NaN, ownMinor = NaN] = version.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
