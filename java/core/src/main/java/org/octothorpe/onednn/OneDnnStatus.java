package org.octothorpe.onednn;

import org.bytedeco.dnnl.global.dnnl;
import org.octothorpe.OctothorpeException;
import org.octothorpe.Status;

/** Names of oneDNN's status codes, and the exceptions they become. */
final class OneDnnStatus {
  private OneDnnStatus() {}

  static OctothorpeException failure(int status, String what) {
    Status kind =
        switch (status) {
          case dnnl.dnnl_out_of_memory -> Status.OUT_OF_MEMORY;
          case dnnl.dnnl_unimplemented -> Status.UNSUPPORTED;
          default -> Status.DEVICE_FAULT;
        };
    return new OctothorpeException(kind, what + ": oneDNN reports " + name(status));
  }

  static String name(int status) {
    return switch (status) {
      case dnnl.dnnl_success -> "dnnl_success";
      case dnnl.dnnl_out_of_memory -> "dnnl_out_of_memory";
      case dnnl.dnnl_invalid_arguments -> "dnnl_invalid_arguments";
      case dnnl.dnnl_unimplemented -> "dnnl_unimplemented";
      case dnnl.dnnl_last_impl_reached -> "dnnl_last_impl_reached";
      case dnnl.dnnl_runtime_error -> "dnnl_runtime_error";
      case dnnl.dnnl_not_required -> "dnnl_not_required";
      case dnnl.dnnl_invalid_shape -> "dnnl_invalid_shape";
      case dnnl.dnnl_invalid_data_type -> "dnnl_invalid_data_type";
      default -> "dnnl_status " + status;
    };
  }
}
