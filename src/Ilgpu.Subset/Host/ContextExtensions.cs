namespace ILGPU.Runtime.CPU
{
    /// <summary>Asks for devices on the CPU.</summary>
    public static class CPUContextExtensions
    {
        public static Context.Builder CPU(this Context.Builder builder) => builder.CPU(CPUDevice.Default);

        public static Context.Builder CPU(this Context.Builder builder, CPUDevice device)
        {
            builder.Asked.Add(device);
            return builder;
        }
    }
}

namespace ILGPU.Runtime.Cuda
{
    /// <summary>Asks for CUDA devices, of which there are none here.</summary>
    public static class CudaContextExtensions
    {
        public static Context.Builder Cuda(this Context.Builder builder) => builder;

        public static Context.Builder Cuda(this Context.Builder builder, Predicate<CudaDevice> predicate) => builder;
    }
}

namespace ILGPU.Runtime.OpenCL
{
    /// <summary>Asks for OpenCL devices, of which there are none here.</summary>
    public static class CLContextExtensions
    {
        public static Context.Builder OpenCL(this Context.Builder builder) => builder;

        public static Context.Builder OpenCL(this Context.Builder builder, Predicate<CLDevice> predicate) => builder;
    }
}
