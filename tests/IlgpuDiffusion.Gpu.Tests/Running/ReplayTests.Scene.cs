using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu.Tests.Running;

public sealed partial class ReplayTests
{
    /// <summary>Three launches that count what they do in a block of memory.</summary>
    private sealed class Scene : IDisposable
    {
        private readonly int[] _effects = new int[3];
        private Bases? _bases;

        public Scene(ReplayTests test)
        {
            Device = GpuDevice.Open(GpuKind.IlgpuCpu, new GpuDeviceOptions { Recorder = test._recorder, Log = test._log.Add });
            Memory = Device.Allocate(256, "test");
            Replay = Device.CreateReplay()!;
            Launches = [.. _effects.Select((_, i) => new CountingLaunch(this, test._recorder, i))];
        }

        public GpuDevice Device { get; }

        public DeviceMemory Memory { get; set; }

        public Replay Replay { get; }

        public Launch[] Launches { get; }

        /// <summary>Is told of the first launch of a run.</summary>
        public Action? Started { get; set; }

        public int Calls { get; private set; }

        public Bases Bases
        {
            get => _bases ?? new Bases(0, 0, 0, 0, Memory.Address);
            set => _bases = value;
        }

        public int[] Effects() => [.. _effects];

        public void Run(CancellationToken cancellation = default) => Replay.Run(Launches, Bases, cancellation);

        public void Dispose()
        {
            Replay.Dispose();
            Memory.Dispose();
            Device.Dispose();
        }

        private sealed class CountingLaunch(Scene scene, FakeRecorder recorder, int number) : Launch("test")
        {
            public override void Run(in Bases bases, CancellationToken cancellation)
            {
                Assert.AreEqual(64, scene.Device.Host.View<float>(bases.Arena, 64).Length);
                if (number == 0)
                {
                    scene.Calls++;
                    scene.Started?.Invoke();
                }

                recorder.Queue(() => scene._effects[number]++);
            }
        }
    }
}
