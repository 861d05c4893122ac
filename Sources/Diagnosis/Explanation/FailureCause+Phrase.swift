extension FailureCause {
  /// The cause in a few words and without numbers, for places that are too small for the verdict.
  public var phrase: String {
    switch self {
    case .memlockLimit: "the memlock limit (RLIMIT_MEMLOCK) is too low"
    case .userLimit: "the user's io_uring buffers together reach RLIMIT_MEMLOCK"
    case .zeroLimit: "the memlock limit (RLIMIT_MEMLOCK) is 0"
    case .controlGroup: "rdma.max of the control group allows no more objects"
    case .hole: "nothing is mapped in part of the range"
    case .notReadable: "part of the memory may not be read (PROT_NONE)"
    case .notWritable: "part of the memory is read-only and is pinned for writing"
    case .readOnlyShared: "part of the memory is a read-only shared mapping"
    case .sharedFile: "part of the memory is a shared mapping of a file on a disk"
    case .specialMapping: "part of the memory is of a device or of the kernel"
    case .secretMemory: "part of the memory is memfd_secret"
    case .directAccessFile: "part of the memory is a file on persistent memory (DAX)"
    case .beyondEndOfFile: "part of the range lies beyond the end of its file"
    case .guardRegion: "part of the memory is a guard region"
    case .userfaultMissing: "a page is missing under userfaultfd"
    case .userfaultProtected: "a page is write-protected by a userfaultfd"
    case .hugetlbPool: "the pool has no free huge pages"
    case .driverSize: "the driver takes no region of this size"
    case .deviceLimit: "the device has no room for another region"
    case .migration: "pages in CMA or ZONE_MOVABLE could not be migrated"
    case .mapCount: "the process has as many mappings as vm.max_map_count allows"
    case .memoryExhausted: "this machine has too little memory that can be pinned"
    case .memoryControlGroup: "the memory control group leaves too little memory"
    case .addressSpaceLimit: "a limit on the size of the process is reached"
    case .commitLimit: "the machine may promise no more memory (vm.overcommit_memory is 2)"
    case .localWriteMissing: "remote-write and remote-atomic need local-write as well"
    case .accessUnsupported: "the device does not support an access bit"
    case .onDemandUnsupported: "the device or its driver has no on-demand paging"
    case .emptyRange: "the range is empty"
    case .rangeOverflow: "the range passes the end of the address space"
    case .openFiles: "no more files can be opened"
    case .ringUnavailable: "io_uring is unavailable"
    case .deviceMemory: "part of the memory is of a device, which dma-buf registers"
    case .dmaBufUnsupported: "the driver registers no dma-buf"
    case .dmaBufRefused: "the exporter of the dma-buf refuses it"
    case .confidentialGuest: "a confidential guest does not let memory be pinned for devices"
    case .hugetlbControlGroup: "hugetlb.max of the control group allows no more huge pages"
    case .seccomp: "a seccomp filter refuses a system call"
    case .unknown: "the cause is unknown"
    }
  }
}

extension FailureExplanation {
  /// Characters of the longest short form: with a size before it, a reason of Slurm is 120 at most.
  public static let briefLength = 88

  /// The verdict, or the cause's phrase where the verdict is long.
  public var brief: String {
    verdict.unicodeScalars.count <= FailureExplanation.briefLength ? verdict : cause.phrase
  }
}
