import { useLocalStorage } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useEffect } from 'react';
import { applicationsQuery } from '../api/queries/applications';
import type { Application } from '../api/types';

/** The application that the pages speak of: the one in the address, else the last one, else the first. */
export function useCurrentApp(): { current: Application | undefined; all: readonly Application[] } {
  const { appId } = useParams({ strict: false });
  const [last, setLast] = useLocalStorage({
    key: 'application',
    defaultValue: '',
    getInitialValueInEffect: false,
  });
  const { data: all = [] } = useQuery(applicationsQuery);
  useEffect(() => {
    if (appId !== undefined) setLast(appId);
  }, [appId, setLast]);
  const wanted = appId ?? last;
  return { current: all.find((each) => each.appId === wanted) ?? all[0], all };
}
