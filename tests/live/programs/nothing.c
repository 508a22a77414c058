/* nothing: the shortest life a process can have. Built static. */
int main(void) { return 0; }
