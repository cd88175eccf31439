/**
 * Devices, tensors, operations, graphs, networks and training. What is exported without a
 * qualification is the API; {@code internal} and {@code bindings} are for the modules of this
 * project.
 */
module org.octothorpe {
  requires transitive org.jspecify;
  requires com.fasterxml.jackson.databind;
  requires com.google.errorprone.annotations;
  requires java.management;
  requires jdk.management;
  requires org.bytedeco.dnnl;
  requires org.bytedeco.javacpp;

  exports org.octothorpe;
  exports org.octothorpe.eval;
  exports org.octothorpe.graph;
  exports org.octothorpe.io;
  exports org.octothorpe.models;
  exports org.octothorpe.ops;
  exports org.octothorpe.random;
  exports org.octothorpe.train;
  exports org.octothorpe.bindings to
      org.octothorpe.cli,
      org.octothorpe.cuda,
      org.octothorpe.data;
  exports org.octothorpe.internal to
      org.octothorpe.cli,
      org.octothorpe.cuda,
      org.octothorpe.data,
      org.octothorpe.spark;

  // JavaCPP finds its classes and libraries by reflection, Jackson the records of its files.
  opens org.octothorpe.bindings to
      org.bytedeco.javacpp;
  opens org.octothorpe.presets to
      org.bytedeco.javacpp;
  opens org.octothorpe.io to
      com.fasterxml.jackson.databind;
  opens org.octothorpe.models to
      com.fasterxml.jackson.databind;

  uses org.octothorpe.DeviceProvider;
  uses org.octothorpe.ops.KernelProviderFactory;

  provides org.octothorpe.ops.KernelProviderFactory with
      org.octothorpe.onednn.OneDnnFactory;
}
