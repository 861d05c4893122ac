import Glibc
import LinuxSystem

extension BenchExports {
  /// Ranks that launchers give the tasks of a job: Slurm, PMI, Open MPI.
  private static let ranks = ["SLURM_PROCID", "PMI_RANK", "OMPI_COMM_WORLD_RANK"]

  /// The file that `path` stands for: in a directory one of this host and task, so that many tasks may share it.
  static func file(at path: String) -> String {
    guard Directory.isDirectory(path) else { return path }
    let rank = ranks.lazy.compactMap { Environment.value(of: $0) }
      .first { $0.utf8.allSatisfy { (48...57).contains($0) } }
    let host = String(Machine.hostName.map { $0 == "/" ? "_" : $0 })
    return "\(path)/bench-\(host)-\(rank ?? "\(getpid())").json"
  }
}
