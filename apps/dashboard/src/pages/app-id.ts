import { useParams } from '@tanstack/react-router';

/** The application of a page whose address names one. */
export const useAppId = (): string => useParams({ from: '/shell/applications/$appId' }).appId;
