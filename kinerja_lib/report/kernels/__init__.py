"""Kernels: the processes in which notebooks run, forked from a warm parent where the system has `fork`."""
