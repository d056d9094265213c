/** `npm run types`: declarations of the `.wgsl` files, for the compiler and the editor. */
import { writeAllTypes } from '../../shaders/build/types.ts';
import { repositoryRoot } from './root.ts';

export function main(): void {
  writeAllTypes(repositoryRoot);
}
