/** The devices {@code cuda:N} and {@code emulated}, found by their names; nothing to call. */
module org.octothorpe.cuda {
  requires org.bytedeco.javacpp;
  requires org.octothorpe;

  opens org.octothorpe.cuda.bindings to
      org.bytedeco.javacpp;

  provides org.octothorpe.DeviceProvider with
      org.octothorpe.cuda.CudaProvider,
      org.octothorpe.cuda.EmulatedProvider;
}
