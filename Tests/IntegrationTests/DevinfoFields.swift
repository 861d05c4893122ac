/// How the fields of `ibv_devinfo -v` relate to those of `memreg devices --json`.
enum DevinfoFields {
  /// How both write a value.
  enum Form {
    /// The same text.
    case text
    /// The same number, decimal or hexadecimal there; a code in brackets after it is passed over.
    case number
    /// The number is the code in brackets.
    case code
    /// Words that mean the same, by a table.
    case word([String: String])
    /// Names below the field, each in the list here once it is put in lower case without `prefix`.
    case names(prefix: String)
  }

  /// The field there, the path here, and the form of its value.
  static let same: [(field: String, path: String, form: Form)] = [
    ("hca_id", "name", .text),
    ("fw_ver", "firmware", .text),
    ("node_guid", "node_guid", .text),
    ("sys_image_guid", "system_image_guid", .text),
    ("vendor_id", "vendor_id", .number),
    ("vendor_part_id", "vendor_part_id", .number),
    ("hw_ver", "hardware_version", .number),
    ("max_mr_size", "max_mr_size_bytes", .number),
    ("max_qp", "limits.max_qp", .number),
    ("max_qp_wr", "limits.max_qp_wr", .number),
    ("max_sge", "limits.max_sge", .number),
    ("max_sge_rd", "limits.max_sge_rd", .number),
    ("max_cq", "limits.max_cq", .number),
    ("max_cqe", "limits.max_cqe", .number),
    ("max_mr", "limits.max_mr", .number),
    ("max_pd", "limits.max_pd", .number),
    ("max_mw", "limits.max_mw", .number),
    ("max_qp_rd_atom", "limits.max_qp_rd_atom", .number),
    ("max_res_rd_atom", "limits.max_res_rd_atom", .number),
    ("max_qp_init_rd_atom", "limits.max_qp_init_rd_atom", .number),
    ("max_mcast_grp", "limits.max_mcast_grp", .number),
    ("max_mcast_qp_attach", "limits.max_mcast_qp_attach", .number),
    ("max_total_mcast_qp_attach", "limits.max_total_mcast_qp_attach", .number),
    ("max_ah", "limits.max_ah", .number),
    ("max_srq", "limits.max_srq", .number),
    ("max_srq_wr", "limits.max_srq_wr", .number),
    ("max_srq_sge", "limits.max_srq_sge", .number),
    ("max_pkeys", "limits.max_pkeys", .number),
    ("local_ca_ack_delay", "limits.local_ca_ack_delay", .number),
    (
      "atomic_cap", "atomics",
      .word(["ATOMIC_NONE": "none", "ATOMIC_HCA": "device", "ATOMIC_GLOB": "global"])
    ),
    ("device_cap_flags", "capabilities", .names(prefix: "")),
    ("device_cap_flags_ex", "capability_flags", .number),
    ("rc_odp_caps", "odp.rc", .names(prefix: "support_")),
    ("uc_odp_caps", "odp.uc", .names(prefix: "support_")),
    ("ud_odp_caps", "odp.ud", .names(prefix: "support_")),
    ("xrc_odp_caps", "odp.xrc", .names(prefix: "support_")),
    ("num_comp_vectors", "completion_vectors", .number),
    ("port", "ports.0.port", .number),
    (
      "state", "ports.0.state",
      .word(["PORT_ACTIVE": "active", "PORT_DOWN": "down", "PORT_INIT": "init"])
    ),
    ("max_mtu", "ports.0.max_mtu_bytes", .number),
    ("active_mtu", "ports.0.active_mtu_bytes", .number),
    ("sm_lid", "ports.0.sm_lid", .number),
    ("port_lid", "ports.0.lid", .number),
    ("port_lmc", "ports.0.lmc", .number),
    (
      "link_layer", "ports.0.link_layer",
      .word(["Ethernet": "ethernet", "InfiniBand": "infiniband"])
    ),
    ("max_msg_sz", "ports.0.max_message_bytes", .number),
    ("port_cap_flags", "ports.0.port_cap_flags", .number),
    ("port_cap_flags2", "ports.0.port_cap_flags2", .number),
    ("max_vl_num", "ports.0.max_vl_num", .code),
    ("bad_pkey_cntr", "ports.0.bad_pkey_cntr", .number),
    ("qkey_viol_cntr", "ports.0.qkey_viol_cntr", .number),
    ("sm_sl", "ports.0.sm_sl", .number),
    ("pkey_tbl_len", "ports.0.pkey_tbl_len", .number),
    ("gid_tbl_len", "ports.0.gid_tbl_len", .number),
    ("subnet_timeout", "ports.0.subnet_timeout", .number),
    ("init_type_reply", "ports.0.init_type_reply", .number),
    ("active_width", "ports.0.active_width", .code),
    ("active_speed", "ports.0.active_speed", .code),
    ("phys_state", "ports.0.physical_state", .code),
  ]

  /// Fields that are compared by a test of their own, as they have no single counterpart.
  static let special = ["phys_port_cnt", "page_size_cap", "general_odp_caps", "GID"]

  /// Fields that `memreg devices` does not show, and why that is right.
  static let accepted: [(field: String, reason: String)] = [
    ("transport", "the verbs library calls RoCE InfiniBand; memreg shows what the kernel calls it"),
    ("max_ee_rd_atom", "reliable datagrams, which no device has had"),
    ("max_ee_init_rd_atom", "reliable datagrams"),
    ("max_ee", "reliable datagrams"),
    ("max_rdd", "reliable datagrams"),
    ("max_raw_ipv6_qp", "raw queue pairs, which register no memory"),
    ("max_raw_ethy_qp", "raw queue pairs"),
    ("max_fmr", "fast memory regions, gone since Linux 5.8"),
    ("max_map_per_fmr", "fast memory regions"),
    ("completion_timestamp_mask", "time stamps of completions"),
    ("core clock", "time stamps of completions"),
    ("hca_core_clock", "time stamps of completions"),
    ("tso_caps", "segmentation of Ethernet packets"),
    ("max_tso", "segmentation of Ethernet packets"),
    ("rss_caps", "spreading of Ethernet packets"),
    ("max_rwq_indirection_tables", "spreading of Ethernet packets"),
    ("max_rwq_indirection_table_size", "spreading of Ethernet packets"),
    ("rx_hash_function", "spreading of Ethernet packets"),
    ("rx_hash_fields_mask", "spreading of Ethernet packets"),
    ("max_wq_type_rq", "spreading of Ethernet packets"),
    ("packet_pacing_caps", "pacing of packets"),
    ("qp_rate_limit_min", "pacing of packets"),
    ("qp_rate_limit_max", "pacing of packets"),
    ("tag matching", "tag matching"),
  ]
}
