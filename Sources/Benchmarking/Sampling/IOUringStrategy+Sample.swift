package import MemoryRegistration

extension IOUringStrategy: SampledStrategy {}
