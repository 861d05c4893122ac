/// Why a registration fails, by the place in the kernel, the driver or the library that refuses.
public enum FailureCause: String, Sendable, CaseIterable {
  case memlockLimit = "memlock_limit"
  case userLimit = "user_limit"
  case zeroLimit = "zero_limit"
  case controlGroup = "control_group"
  case hole
  case notReadable = "not_readable"
  case notWritable = "not_writable"
  case readOnlyShared = "read_only_shared"
  case sharedFile = "shared_file"
  case specialMapping = "special_mapping"
  case secretMemory = "secret_memory"
  case directAccessFile = "direct_access_file"
  case beyondEndOfFile = "beyond_end_of_file"
  case userfaultMissing = "userfault_missing"
  case hugetlbPool = "hugetlb_pool"
  case driverSize = "driver_size"
  case deviceLimit = "device_limit"
  case migration
  case mapCount = "map_count"
  case memoryExhausted = "memory_exhausted"
  case localWriteMissing = "local_write_missing"
  case accessUnsupported = "access_unsupported"
  case onDemandUnsupported = "on_demand_unsupported"
  case emptyRange = "empty_range"
  case rangeOverflow = "range_overflow"
  case openFiles = "open_files"
  case ringUnavailable = "ring_unavailable"
  case unknown
}
