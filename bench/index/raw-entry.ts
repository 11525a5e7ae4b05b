/** Bytes that one name and what it stands for need as a message of their own, key and value: nobody can write less. */
export const RAW_ENTRY = 150
