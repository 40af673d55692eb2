export { APPLICATIONS_GRACE_MS, ApplicationsTable } from './applications-table';
