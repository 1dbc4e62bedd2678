/** Without the blanks, the lines that begin with # and the comments of HTML and XML before the content. */
export function afterComments(text: string): string {
  for (let rest = text.trimStart(); ; ) {
    const end = rest.startsWith('<!--') ? rest.indexOf('-->') : rest.startsWith('#') ? rest.indexOf('\n') : -1
    if (end < 0) return rest
    rest = rest.slice(end + (rest.startsWith('#') ? 1 : 3)).trimStart()
  }
}
