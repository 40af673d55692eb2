const MEDIA_TYPE = 'application/json';
const CHARSETS = ['utf-8', 'utf8', '"utf-8"', '"utf8"'];

/** Whether a `Content-Type` names JSON in UTF-8; parameters other than `charset` are ignored. */
export function isJsonContentType(header: string | undefined): boolean {
  if (header === MEDIA_TYPE) return true;
  if (header === undefined) return false;
  const [mediaType, ...parameters] = header.toLowerCase().split(';');
  if (mediaType?.trim() !== MEDIA_TYPE) return false;
  return parameters.every((parameter) => {
    const [name, value] = parameter.split('=');
    return name?.trim() !== 'charset' || CHARSETS.includes(value?.trim() ?? '');
  });
}
