// What a program needs beside this module to register memory: buffers, devices, and the errors they throw.
@_exported public import HostMemory
@_exported public import LinuxSystem
@_exported public import Verbs
