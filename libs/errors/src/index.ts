export { errorsPage } from './errors-page';
export { CATALOGUE, isErrorCode, type ErrorCode } from './catalogue';
export { AppError, errorBody, type ErrorParams, type FieldError } from './app-error';
export { AppErrorFilter } from './app-error.filter';
