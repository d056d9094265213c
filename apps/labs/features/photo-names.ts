/** Photographs that the site ships. Plain data, without the engine. */
export const photographs = ['tabby', 'flower', 'palace', 'raccoon', 'astronaut', 'espresso', 'cameraman', 'missile'] as const;
export type Photograph = (typeof photographs)[number];
/** One of them, or what the reader gave. */
export type PhotoName = Photograph | 'own';
export const photoNames: readonly PhotoName[] = [...photographs, 'own'];
